// The server: every request goes to where the page came from.

import { h, recall, remember } from "./dom.js";
import { glossOfRefusal } from "./faults.js";
import { t } from "./words.js";

const TOKEN = "fanzha.token";

/** What the server refused, or that it cannot be reached. */
export class ApiError extends Error {
  /** `status` is 0 where the server was not reached; `retryAfter` is in seconds, null where it named none. */
  constructor(message, status, { mend = null, path = null, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.mend = mend;
    this.path = path;
    this.retryAfter = retryAfter;
  }

  /** The message as the server says it, with what mends it; for readers of Chinese what it means stands before it. */
  get words() {
    const said = [this.path ? `${this.path}: ` : "", this.message, this.mend ? ` (${this.mend})` : ""].join("");
    const gloss = glossOfRefusal(this.message);
    return gloss === null ? said : `${gloss} ${said}`;
  }

  /** Whether the same request may do in a while. */
  get isPassing() {
    return this.status === 0 || this.retryAfter !== null;
  }
}

/** Takes the token out of the first link, so that it is not seen in the address. */
export function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get("token");
  if (token === null) return;
  setToken(token);
  address.searchParams.delete("token");
  history.replaceState(null, "", address);
}

export function setToken(token) {
  remember("sessionStorage", TOKEN, token);
}

/** A response that is as asked for. Throws `ApiError`. */
export async function request(path, { method = "GET", body = null, json = null } = {}) {
  const headers = {};
  const token = recall("sessionStorage", TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (method !== "GET") headers["X-Requested-With"] = "fanzha";
  if (json !== null) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: json === null ? body : JSON.stringify(json),
      cache: "no-store",
    });
  } catch {
    throw new ApiError(t("no_server"), 0);
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** The JSON that the server answers with; see `request`. */
export async function requestJson(path, options = {}) {
  return (await request(path, options)).json();
}

/** Saves what a path gives, under the name that the server gives it. */
export async function download(path) {
  const response = await request(path);
  const [, name] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
  const link = URL.createObjectURL(await response.blob());
  h("a", { href: link, download: name ?? "" }).click();
  setTimeout(() => URL.revokeObjectURL(link), 60_000);
}

async function errorOf(response) {
  let error = {};
  try {
    error = (await response.json()).error ?? {};
  } catch {
    // no JSON: what stands before the server answered
  }
  const after = response.headers.get("Retry-After");
  const isPassing = after !== null && [429, 503].includes(response.status);
  const retryAfter = isPassing ? Math.min(Math.max(Number(after) || 2, 1), 60) : null;
  return new ApiError(error.message ?? t("failed_with", { status: response.status }), response.status, {
    ...error,
    retryAfter,
  });
}
