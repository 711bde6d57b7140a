// Numbers as people read them.

import { currentLanguage, labelName } from "./words.js";

const PLAIN = new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 });
const READING = {
  zh: new Intl.NumberFormat("zh-CN", { notation: "compact", maximumSignificantDigits: 15 }),
  en: new Intl.NumberFormat("en-US", { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 6 }),
};

/** With thousands: `235,000,000`. */
export function plainNumber(value) {
  return PLAIN.format(value);
}

/** In 万 and 亿 (or million): `2.35亿`; empty under ten thousand, which needs none. */
export function numberReading(value) {
  return Math.abs(value) >= 10_000 ? READING[currentLanguage()].format(value) : "";
}

/** The value in base units, as `400,000 份以上` or `3–5 个`. */
export function claimValue(claim) {
  return `${claimNumbers(claim, plainNumber)} ${claim.unit}${approximationOf(claim)}`;
}

/** The value in 万 and 亿, as `2.35亿元`; empty where `claimValue` reads as well. */
export function claimReading(claim) {
  if (!numberReading(claim.value) && !numberReading(claim.value_max ?? 0)) return "";
  const numbers = claimNumbers(claim, (value) => numberReading(value) || plainNumber(value));
  return `${numbers}${currentLanguage() === "en" ? " " : ""}${claim.unit}${approximationOf(claim)}`;
}

function claimNumbers(claim, format) {
  return claim.value_max === null ? format(claim.value) : `${format(claim.value)}–${format(claim.value_max)}`;
}

function approximationOf(claim) {
  if (claim.approx === null) return "";
  const name = labelName("approximations", claim.approx);
  return currentLanguage() === "en" ? ` (${name})` : name;
}

/** The base of a change and its direction, as `同比上升`; empty where there is none. */
export function changeOf(claim) {
  const direction = claim.direction === null ? "" : labelName("directions", claim.direction);
  return [claim.basis ?? "", direction].filter(Boolean).join(currentLanguage() === "en" ? " " : "");
}

/** A score with two decimals; null where a person made the label. */
export function scoreText(score) {
  return score === null || score === undefined ? null : score.toFixed(2);
}

/** Bytes as `1.2 MB`; a megabyte is 10^6 bytes, as where the limits are set. */
export function byteSize(bytes) {
  const [size, unit] = bytes < 1000 ? [bytes, "B"] : bytes < 1e6 ? [bytes / 1e3, "kB"] : [bytes / 1e6, "MB"];
  return `${size.toFixed(1).replace(/\.0$/, "")} ${unit}`;
}
