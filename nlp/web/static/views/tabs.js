// A tab list as ARIA describes it: arrow keys go from tab to tab.

import { h } from "../dom.js";

/**
 * A tab list.
 *
 * @param tabs {id, label, panel}: `panel` is the id of the element that the tab shows.
 * @returns {{element: Element, select: (id: string) => void}}; `onSelect(id)` shows the panel.
 */
export function tabList(name, tabs, onSelect) {
  const buttons = tabs.map(({ id, label, panel }) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${id}`,
        class: `tab tab-${id}`,
        "aria-controls": panel,
        on: { click: () => select(id) },
      },
      label,
    ),
  );
  const mark = (id) =>
    buttons.forEach((one) => {
      const chosen = one.id === `tab-${id}`;
      one.setAttribute("aria-selected", String(chosen));
      one.tabIndex = chosen ? 0 : -1;
    });
  const select = (id) => {
    mark(id);
    onSelect(id);
  };
  const element = h(
    "div",
    {
      class: "tabs",
      role: "tablist",
      "aria-label": name,
      on: {
        keydown: (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          const seen = buttons.filter((one) => one.offsetParent !== null);
          const next = seen[(seen.indexOf(document.activeElement) + step + seen.length) % seen.length];
          next.focus();
          next.click();
        },
      },
    },
    buttons,
  );
  return { element, select, mark };
}
