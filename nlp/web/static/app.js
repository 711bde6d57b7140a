// The page of `fanzha serve`.

import { AddView } from "./add.js";
import { ApiError, requestJson, setToken, takeToken } from "./api.js";
import { Batches } from "./batches.js";
import { Editor } from "./correct.js";
import { button, h } from "./dom.js";
import { CompareView } from "./views/compare.js";
import { Frame } from "./views/frame.js";
import { LettersView } from "./views/letters.js";
import { Session } from "./views/session.js";
import { t } from "./words.js";

const root = document.getElementById("page");

async function start(tried = false) {
  let info;
  try {
    info = await requestJson("/api/info");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) askForToken(tried);
    else
      root.replaceChildren(
        h(
          "p",
          { class: "none empty", role: "alert" },
          error.words,
          " ",
          button("↻", () => location.reload()),
        ),
      );
    return;
  }
  const session = new Session();
  const batches = new Batches(session);
  const letters = new LettersView(session, info.gold ? (letter, onEnd) => Editor.open(letter, onEnd) : null);
  // Where the editor is not left, the reader is taken to its question; where leaving it has changed the letter's marks,
  // `id` may be another one by now.
  const show = (key, id = null) => {
    const letterOf = () => session.letters.find((letter) => letter.key === key);
    const before = letterOf();
    const isOpen = letters.choose(key);
    frame.go("letters");
    if (isOpen && id !== null && letterOf() === before) letters.pointAt(id);
  };
  const add = new AddView(info, batches, {
    onOpen: (batch) => {
      const first = session.letters.find((letter) => letter.batch === batch.id);
      if (first === undefined || session.open?.batch === batch.id) frame.go("letters");
      else show(first.key);
    },
    mayRemove: (batch) => {
      if (letters.editor?.letter.batch !== batch.id || letters.leave()) return true;
      frame.go("letters");
      return false;
    },
  });
  const compare = new CompareView(session, show);
  const frame = new Frame(root, [add, letters, compare], { lead: () => t("lead") });
  session.addEventListener("change", () => frame.refresh());
  window.addEventListener("beforeunload", (event) => {
    if (letters.editor?.isDirty) event.preventDefault();
  });
  frame.render();
  await batches.restore();
}

function askForToken(wasWrong) {
  const input = h("input", { id: "token", type: "password", autocomplete: "off", required: true });
  const form = h(
    "form",
    {
      class: "panel token",
      on: {
        submit: (event) => {
          event.preventDefault();
          setToken(input.value.trim());
          start(true);
        },
      },
    },
    h("h1", {}, t("token_title")),
    h("label", { for: "token" }, t("token_label")),
    input,
    wasWrong ? h("p", { class: "message", role: "alert" }, t("token_wrong")) : null,
    h("button", { class: "primary" }, t("token_send")),
  );
  document.documentElement.lang = t("lang");
  root.replaceChildren(form);
  input.focus();
}

takeToken();
start();
