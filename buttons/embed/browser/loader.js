// The loader: turns <flattr-button to="slug"> around a link into our frame, and leaves the link where that can't be.
// Nothing is stored, and nothing of the page is read but its address, language and where the buttons are.
if (!customElements.get("flattr-button")) {
  const name = "flattr-button", ours = new URL(document.currentScript.src).origin, style = new CSSStyleSheet();
  style.replaceSync(":host{display:inline-block;position:relative;line-height:0}:host([hidden]){display:none}"
    + "iframe{position:absolute;inset:0;width:100%;height:100%;border:0;opacity:0;pointer-events:none;color-scheme:normal}"
    + ".on{opacity:1;pointer-events:auto}.on~slot{visibility:hidden}"
    + "@media print{iframe{display:none}.on~slot{visibility:visible}}");
  let frames = 0;
  customElements.define(name, class extends HTMLElement {
    connectedCallback() {
      addEventListener("message", this);
      if (this.frame) return;
      const frame = this.frame = document.createElement("iframe"), root = this.attachShadow({ mode: "closed" }),
        address = new URL(ours + "/b"), asked = address.searchParams, show = () => frame.src ||= address;
      asked.set("url", (document.querySelector("link[rel=canonical][href]") || location).href.split("#")[0]);
      asked.set("lang", this.closest("[lang]")?.lang || "");
      for (const key of ["to", "url", "size", "theme"]) if (this.getAttribute(key)) asked.set(key, this.getAttribute(key));
      root.adoptedStyleSheets = [style];
      frame.title = this.textContent.trim() || this.querySelector("img")?.alt || "Flattr";
      frame.loading = "lazy";
      frame.referrerPolicy = "strict-origin";
      // Many frames are dear: from the sixth on, one is shown when somebody comes near.
      if (frames++ < 5) show();
      else for (const kind of ["pointerenter", "focusin"]) this.addEventListener(kind, show);
      root.append(frame, document.createElement("slot"));
    }
    disconnectedCallback() {
      removeEventListener("message", this);
    }
    handleEvent({ source, origin, data }) {
      if (source !== this.frame.contentWindow || origin !== ours) return;
      if (data.k === "ready") {
        this.frame.className = "on";
        for (const link of this.querySelectorAll("a")) link.tabIndex = -1;
      }
      if (data.k === "state") this.dispatchEvent(new CustomEvent("flattr", { bubbles: true, detail: { count: data.count } }));
    }
  });
  // For editors that strip elements they don't know.
  const adopt = () => {
    for (const link of document.querySelectorAll("a." + name + "[data-to]")) {
      const button = document.createElement(name);
      for (const key in link.dataset) button.setAttribute(key, link.dataset[key]);
      link.classList.remove(name);
      link.replaceWith(button);
      button.append(link);
    }
  };
  adopt();
  addEventListener("DOMContentLoaded", adopt);
}
