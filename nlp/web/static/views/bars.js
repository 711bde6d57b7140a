// Bars of measures by category and status.

import { svg } from "../dom.js";
import { CATEGORIES, CATEGORY_CLASSES, measureLabel, STATUSES } from "../words.js";
import { countOf } from "./counts.js";

/**
 * A bar as long as its counts are beside `longest`; numbers stand beside it or in its tips, so it is hidden from
 * screen readers.
 */
export function stackedBar(counts, longest, categories = CATEGORIES) {
  const parts = [];
  let begin = 0;
  for (const category of categories) {
    for (const status of STATUSES) {
      const length = countOf(counts, category, status);
      if (length === 0) continue;
      parts.push(
        svg("rect", {
          class: `${CATEGORY_CLASSES[category]} ${status}`,
          x: begin,
          width: length,
          height: 1,
          "data-tip": `${measureLabel({ category, status })} ${length}`,
        }),
      );
      begin += length;
    }
  }
  return svg(
    "svg",
    {
      class: "bar",
      viewBox: `0 0 ${Math.max(longest, 1)} 1`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
      focusable: "false",
    },
    parts,
  );
}
