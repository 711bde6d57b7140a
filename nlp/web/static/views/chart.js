// The chart of an indicator: a bar for each claim, on one scale from nought; a decrease goes to the left.

import { svg } from "../dom.js";
import { changeOf, claimReading, claimValue, numberReading, plainNumber } from "../numbers.js";
import { headingOf, onOneLine } from "../text.js";
import { t } from "../words.js";

const ROW = 34; // pixels
const AXIS = 26;
const CHARACTER = 13; // the width of a full-width character of the labels

/** What a claim's bar is drawn to: below nought for a decrease. */
export function drawnValue(claim) {
  return signed(claim, claim.value);
}

function signed(claim, value) {
  return claim.direction === "down" ? -value : value;
}

/** The chart of rows of an indicator (see `indicatorsOf`), `width` pixels wide. */
export function indicatorChart(name, rows, width) {
  const labels = Math.min(240, Math.round(width * 0.36));
  const values = 96;
  const plot = Math.max(60, width - labels - values);
  const drawn = rows.flatMap(({ claim }) => [drawnValue(claim), signed(claim, claim.value_max ?? claim.value)]);
  const ticks = ticksOf(Math.min(0, ...drawn), Math.max(0, ...drawn), Math.max(2, Math.floor(plot / 90)));
  const [first, last] = [ticks[0], ticks.at(-1)];
  const x = (value) => labels + ((value - first) / (last - first || 1)) * plot;
  const height = rows.length * ROW + AXIS;
  const grid = ticks.map((tick) =>
    svg(
      "g",
      { class: tick === 0 ? "nought" : "grid" },
      svg("line", { x1: x(tick), x2: x(tick), y1: 0, y2: height - AXIS }),
      svg("text", { x: x(tick), y: height - 8, "text-anchor": "middle" }, numberReading(tick) || plainNumber(tick)),
    ),
  );
  const bars = rows.map(({ letter, claim }, i) => {
    const value = drawnValue(claim);
    const [from, to] = [Math.min(x(0), x(value)), Math.max(x(0), x(value))];
    const top = i * ROW + 6;
    const tip = [headingOf(letter), `${periodOf(claim)}: ${claimValue(claim)}`, claimReading(claim), changeOf(claim)]
      .filter(Boolean)
      .join("|");
    const most = signed(claim, claim.value_max ?? claim.value);
    const range =
      claim.value_max === null
        ? null
        : svg("rect", {
            class: "range",
            x: Math.min(x(value), x(most)),
            y: top,
            width: Math.abs(x(most) - x(value)),
            height: ROW - 12,
          });
    const end = Math.max(to, x(most));
    return svg(
      "g",
      { class: "chart-row", "data-tip": tip.replaceAll("\n", " ") },
      svg("rect", { class: "hit", x: 0, y: i * ROW, width, height: ROW }),
      svg("text", { x: 0, y: top + 9, class: "who" }, shortened(headingOf(letter), labels)),
      svg("text", { x: 0, y: top + 23, class: "when" }, shortened(periodOf(claim), labels)),
      svg("rect", { class: "value", x: from, y: top, width: Math.max(1, to - from), height: ROW - 12 }),
      range,
      svg("text", { x: Math.min(end, x(last)) + 6, y: top + 16, class: "number" }, chartValue(claim)),
    );
  });
  return svg(
    "svg",
    {
      class: "chart",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": t("chart_of", { name }),
    },
    grid,
    bars,
  );
}

/** The period of a claim as it is said, or that none is. */
export function periodOf(claim) {
  return claim.period === null ? t("no_period") : onOneLine(claim.period.text);
}

function chartValue(claim) {
  const number = (value) => numberReading(value) || plainNumber(value);
  const range = claim.value_max === null ? number(claim.value) : `${number(claim.value)}–${number(claim.value_max)}`;
  return `${{ up: "↑", down: "↓" }[claim.direction] ?? ""}${range}`;
}

function shortened(text, width) {
  const most = Math.floor((width - 12) / CHARACTER);
  const characters = [...text];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : text;
}

/** Round numbers from at most `low` to at least `high`, nought among them. */
export function ticksOf(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.999);
  const ticks = [];
  for (let i = Math.floor(low / step); i <= Math.ceil(high / step); i += 1)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks.length > 1 ? ticks : [0, step];
}
