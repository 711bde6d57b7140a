// What a part of a chart stands for, when the pointer or the focus is on it.

import { h } from "../dom.js";
import { sharedCard } from "./card.js";

/** Shows `data-tip` of whatever in `container` the pointer, a finger or the focus is on; `|` begins a line in it. */
export function showTips(container) {
  const show = (event) => {
    const part = event.target.closest?.("[data-tip]") ?? null;
    if (part === null) sharedCard().leave();
    else
      sharedCard().show(
        part.querySelector(".value") ?? part,
        part.dataset.tip.split("|").map((line, i) => h("p", { class: i === 0 ? "tip" : "tip quiet" }, line)),
      );
  };
  container.addEventListener("pointerover", show);
  container.addEventListener("focusin", show);
  container.addEventListener("pointerleave", () => sharedCard().leave());
  container.addEventListener("focusout", () => sharedCard().leave());
}
