// The batches of this session: sent, watched until they are done, their letters fetched in pages.

import { ApiError, request, requestJson } from "./api.js";
import { recall, remember } from "./dom.js";
import { t } from "./words.js";

const PAGE = 50; // letters a request
const KEPT = "fanzha.batches";
const KEEP_ALIVE = 15 * 60_000; // the server removes a job that nobody asks for in an hour
const FIRST_POLL = 250;
const LAST_POLL = 2000; // milliseconds

/** The batches; fires `change` when one has changed, `letters` on the session when letters have come. */
export class Batches extends EventTarget {
  constructor(session) {
    super();
    this.session = session;
    this.all = []; // the newest first
    setInterval(() => this.keepAlive(), KEEP_ALIVE);
  }

  /** Takes up the batches that this tab had before it was loaded anew. */
  async restore() {
    let kept = [];
    try {
      kept = JSON.parse(recall("sessionStorage", KEPT) ?? "[]");
    } catch {
      // not ours
    }
    await Promise.all(
      kept.map(async ({ id, name }) => {
        try {
          const status = await requestJson(`/api/batch/${id}`);
          const batch = { id, name, state: "waiting", status, error: null, shown: 0 };
          this.all.push(batch);
          await this.watch(batch);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
        }
      }),
    );
    this.keep();
  }

  /** Sends files (`{file, path}`) as a batch and watches it to its end. */
  async send(name, files) {
    const batch = { id: null, name, state: "sending", status: null, error: null, shown: 0, wait: null };
    this.all.unshift(batch);
    this.changed();
    const form = new FormData();
    for (const { file, path } of files) form.append("files", file, path);
    try {
      const sent = await this.sendPatiently(batch, form);
      if (batch.state === "removed") {
        // by the reader, while it was on its way
        if (sent !== null) await request(`/api/batch/${sent.id}`, { method: "DELETE" });
        return batch;
      }
      batch.id = sent.id;
    } catch (error) {
      this.fail(batch, error);
      return batch;
    }
    this.keep();
    await this.watch(batch);
    return batch;
  }

  /** What the server answers when it is not too busy any more; null where the batch was removed meanwhile. */
  async sendPatiently(batch, form) {
    for (let tries = 0; ; tries += 1) {
      if (batch.state === "removed") return null;
      try {
        return await requestJson("/api/batch", { method: "POST", body: form });
      } catch (error) {
        if (error.retryAfter === null || error.retryAfter === undefined || tries === 20) throw error;
        batch.wait = error.retryAfter;
        this.changed();
        await pause(error.retryAfter * 1000);
        batch.wait = null;
      }
    }
  }

  async watch(batch) {
    let wait = FIRST_POLL;
    while (batch.state !== "removed") {
      try {
        batch.status = await requestJson(`/api/batch/${batch.id}`);
        batch.error = null;
        if (batch.status.state === "done") {
          await this.fetchLetters(batch);
          batch.state = "done";
          this.changed();
          return;
        }
        if (batch.shown < Math.min(PAGE, batch.status.annotated)) await this.fetchFirst(batch);
        batch.state = batch.status.state;
      } catch (error) {
        if (error.status !== 0 && error.retryAfter === null) {
          this.fail(batch, error);
          return;
        }
        batch.error = t("lost");
      }
      this.changed();
      await pause(wait);
      wait = Math.min(wait * 1.5, LAST_POLL);
    }
  }

  /** The first letters, to look at while the others are being annotated. */
  async fetchFirst(batch) {
    const { letters } = await requestJson(`/api/batch/${batch.id}/letters?from=0&count=${PAGE}`);
    batch.shown = letters.length;
    this.session.setBatch(batch.id, letters);
  }

  async fetchLetters(batch) {
    const all = [];
    for (let total = Infinity; all.length < total;) {
      const page = await requestJson(`/api/batch/${batch.id}/letters?from=${all.length}&count=${PAGE}`);
      total = page.total;
      if (page.letters.length === 0) break;
      all.push(...page.letters);
    }
    batch.shown = all.length;
    this.session.setBatch(batch.id, all);
  }

  /** Removes a batch here and on the server. */
  async remove(batch) {
    const { id, state } = batch;
    batch.state = "removed";
    this.all = this.all.filter((one) => one !== batch);
    this.keep();
    this.changed();
    if (id === null) return;
    this.session.removeBatch(id);
    if (state === "gone") return;
    try {
      await request(`/api/batch/${id}`, { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // gone by itself, or it will go
    }
  }

  async keepAlive() {
    for (const batch of this.all.filter((one) => one.state === "done")) {
      try {
        await request(`/api/batch/${batch.id}`);
      } catch (error) {
        if (error.status === 404) this.expire(batch);
      }
    }
  }

  /** Says that the server has no longer what belongs to a batch. */
  expire(batch) {
    batch.state = "gone";
    batch.error = t("gone");
    this.changed();
  }

  fail(batch, error) {
    if (batch.state === "removed") return;
    batch.state = "failed";
    batch.error = error instanceof ApiError ? error.words : String(error);
    this.changed();
  }

  keep() {
    remember(
      "sessionStorage",
      KEPT,
      JSON.stringify(this.all.filter(({ id }) => id !== null).map(({ id, name }) => ({ id, name }))),
    );
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
