// A caret in a text that is only read: arrow keys move it, with Shift they select. No input method can write there.

import { h } from "./dom.js";

const STEPS = {
  ArrowLeft: ["left", "character"],
  ArrowRight: ["right", "character"],
  ArrowUp: ["backward", "line"],
  ArrowDown: ["forward", "line"],
  Home: ["backward", "lineboundary"],
  End: ["forward", "lineboundary"],
};

/**
 * Lets a reader select in `text` by keyboard, and calls `onSelect()` when what is selected may be another; both end when
 * the text leaves the document.
 */
export function addCaret(text, onSelect) {
  const caret = h("span", { class: "caret", hidden: true, "aria-hidden": "true" });
  text.tabIndex = 0;
  text.after(caret);
  const isInside = (selection) => selection.rangeCount > 0 && text.contains(selection.focusNode);

  const draw = () => {
    const selection = document.getSelection();
    caret.hidden = document.activeElement !== text || !isInside(selection);
    if (caret.hidden) return;
    const end = document.createRange();
    end.setStart(selection.focusNode, selection.focusOffset);
    const box = end.getClientRects()[0];
    const around = caret.offsetParent?.getBoundingClientRect();
    caret.hidden = box === undefined || around === undefined;
    if (caret.hidden) return;
    caret.style.setProperty("--left", `${box.left - around.left + caret.offsetParent.scrollLeft}px`);
    caret.style.setProperty("--top", `${box.top - around.top + caret.offsetParent.scrollTop}px`);
    caret.style.setProperty("--height", `${box.height}px`);
  };

  text.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (event.target !== text || step === undefined || event.altKey || event.metaKey) return;
    event.preventDefault();
    const selection = document.getSelection();
    if (!isInside(selection)) selection.setPosition(text, 0);
    const before = [selection.focusNode, selection.focusOffset, selection.anchorNode, selection.anchorOffset];
    const isWordwise = event.ctrlKey && step[1] === "character";
    selection.modify(event.shiftKey ? "extend" : "move", step[0], isWordwise ? "word" : step[1]);
    if (!isInside(selection)) selection.setBaseAndExtent(before[2], before[3], before[0], before[1]); // it ran out
    draw();
    caret.scrollIntoView({ block: "nearest" });
  });
  text.addEventListener("focus", () => {
    if (!isInside(document.getSelection())) document.getSelection().setPosition(text, 0);
    draw();
  });
  text.addEventListener("blur", draw);
  const follow = () => {
    if (!text.isConnected) {
      document.removeEventListener("selectionchange", follow);
      return;
    }
    draw();
    onSelect();
  };
  document.addEventListener("selectionchange", follow);
}
