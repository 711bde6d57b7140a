// Corrections on the server: what was saved of a letter, and saving it.

import { ApiError, requestJson } from "./api.js";
import { goldOf } from "./draft.js";
import { pathOf } from "./text.js";

/** The marks that were saved of a letter before, as `{path, measures, claims}`; null where none were. Throws `ApiError`. */
export async function savedGold(letter) {
  const json = { text: letter.text, path: pathOf(letter) };
  try {
    return await requestJson("/api/gold/saved", { method: "POST", json });
  } catch (error) {
    if (error instanceof ApiError && [404, 405].includes(error.status)) return null;
    throw error;
  }
}

/**
 * Saves a draft as gold; where an earlier one is there, only with `replace`.
 *
 * @returns {Promise<{path: string, warnings: string[]}>} Throws `ApiError`: 409 where an earlier correction is saved.
 */
export async function saveGold(letter, draft, replace) {
  const json = { text: letter.text, path: pathOf(letter), ...goldOf(draft), meta: {} };
  const { path, warnings = [] } = await requestJson(`/api/gold${replace ? "?replace=true" : ""}`, {
    method: "POST",
    json,
  });
  return { path, warnings };
}
