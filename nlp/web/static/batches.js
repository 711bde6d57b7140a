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
    const batches = kept.map(({ id, name, error }) => {
      const sent = { ...newBatch(name, "waiting"), id };
      return id === null ? { ...sent, state: "failed", error: error ?? t("cut_off") } : sent;
    });
    this.all.push(...batches);
    this.changed();
    await Promise.all(batches.filter(({ id }) => id !== null).map((batch) => this.watch(batch)));
  }

  /** Sends files (`{file, path}`) as a batch and watches it to its end. */
  async send(name, files) {
    const batch = newBatch(name, "sending");
    this.all.unshift(batch);
    this.keep();
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
      if (!(error instanceof ApiError)) throw error;
      this.fail(batch, error.words);
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
        if (!(error.retryAfter > 0) || tries === 20) throw error;
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
        if (batch.state !== "removed") batch.state = batch.status.state;
      } catch (error) {
        if (batch.state === "removed") return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 404) {
          this.expire(batch);
          return;
        }
        if (!error.isPassing) {
          this.fail(batch, error.words);
          return;
        }
        batch.error = error.status === 0 ? t("lost") : `${error.words} ${t("busy", { n: error.retryAfter })}`;
        wait = Math.max(wait, 1000 * (error.retryAfter ?? 0));
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

  /** Ends a batch with the words that say why. */
  fail(batch, words) {
    if (batch.state === "removed") return;
    batch.state = "failed";
    batch.error = words;
    this.keep();
    this.changed();
  }

  /** Keeps the batches for when the page is loaded anew; those that failed are told of then, too. */
  keep() {
    const kept = this.all.map(({ id, name, error }) => ({ id, name, error: id === null ? error : null }));
    remember("sessionStorage", KEPT, JSON.stringify(kept));
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * A batch: `id` on the server or null, `status` as the server says, `shown` letters are in the session, `error` and
 * `wait` (seconds until another try) are for the reader.
 */
function newBatch(name, state) {
  return { id: null, name, state, status: null, error: null, shown: 0, wait: null };
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
