// The page of `fanzha report`: the letters stand in the page itself.

import { CompareView } from "./views/compare.js";
import { Frame } from "./views/frame.js";
import { LettersView } from "./views/letters.js";
import { Session } from "./views/session.js";
import { t } from "./words.js";

function startReport() {
  const session = new Session();
  const letters = new LettersView(session);
  const compare = new CompareView(session, (key, id) => {
    letters.choose(key);
    frame.go("letters");
    if (id !== null) letters.pointAt(id);
  });
  const frame = new Frame(document.getElementById("page"), [letters, compare], {
    lead: () => t("report_lead", { n: session.letters.length }),
  });
  session.setBatch("report", JSON.parse(document.getElementById("letters").textContent));
  frame.render();
}

startReport();
