// What stands around the views: the heading, the way from view to view, the language.

import { button, h } from "../dom.js";
import { currentLanguage, switchLanguage, t } from "../words.js";
import { sharedCard } from "./card.js";

/**
 * The frame. Each view has `id`, `title()`, `count()` (a number or null), `element`, and `render()`, which builds it
 * anew in the language of the moment.
 */
export class Frame {
  constructor(root, views, { lead, onLanguage = () => {} }) {
    this.root = root;
    this.views = views;
    this.lead = lead;
    this.onLanguage = onLanguage;
    this.at = views[0].id;
    this.main = h("main", { id: "main", tabindex: -1 });
    window.addEventListener("popstate", () => this.follow());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") sharedCard().hide();
    });
  }

  /** Builds the page in the language of the moment. */
  render() {
    document.documentElement.lang = t("lang");
    document.title = t("brand");
    this.links = this.views.map((view) => this.linkTo(view));
    this.nav = h("nav", { class: "views", "aria-label": t("main_navigation") }, this.links);
    const language = button(
      t("other_language"),
      () => {
        switchLanguage();
        this.onLanguage();
        this.render();
        this.root.querySelector(".language").focus();
      },
      { class: "link language", lang: currentLanguage() === "zh" ? "en" : "zh-CN" },
    );
    this.root.replaceChildren(
      h(
        "a",
        {
          class: "skip",
          href: "#main",
          on: {
            click: (event) => {
              event.preventDefault();
              this.main.focus();
            },
          },
        },
        t("skip"),
      ),
      h(
        "header",
        { class: "bar-top" },
        h("div", { class: "brand" }, h("h1", {}, t("brand")), h("p", {}, this.lead())),
        this.nav,
        language,
      ),
      this.main,
    );
    for (const view of this.views) view.render();
    this.main.replaceChildren(...this.views.map((view) => view.element));
    this.follow();
  }

  /** Shows the view that the address names. */
  follow() {
    const named = location.hash.slice(1);
    if (this.views.some((view) => view.id === named)) this.at = named;
    for (const view of this.views) view.element.hidden = view.id !== this.at;
    this.main.dataset.view = this.at;
    sharedCard().hide();
    this.refresh();
    const view = this.views.find((one) => one.id === this.at);
    view.onShow?.();
  }

  /** Goes to a view. */
  go(id) {
    history.pushState(null, "", `#${id}`);
    this.follow();
    window.scrollTo(0, 0);
  }

  linkTo(view) {
    const follow = (event) => {
      event.preventDefault();
      this.go(view.id);
    };
    return h("a", { href: `#${view.id}`, on: { click: follow } }, view.title(), h("span", { class: "amount" }));
  }

  /** Brings the counts beside the views' names up to date, and which view is shown. */
  refresh() {
    this.views.forEach((view, i) => {
      const count = view.count();
      this.links[i].lastChild.textContent = count ? ` ${count}` : "";
      if (view.id === this.at) this.links[i].setAttribute("aria-current", "page");
      else this.links[i].removeAttribute("aria-current");
    });
  }
}
