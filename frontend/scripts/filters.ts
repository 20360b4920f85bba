// Filter forms send themselves on a change and keep empty values out of the address.
import { addressOf, on } from "./page";

function address(form: HTMLFormElement): string {
  const values = [...new FormData(form)].filter(([, value]) => value !== "") as [string, string][];
  const query = new URLSearchParams(values).toString();
  return addressOf(form).split("?")[0] + (query ? `?${query}` : "");
}

/** Loads the list alone when the form names it (data-autosubmit="#list"), else the page. */
async function update(form: HTMLFormElement): Promise<void> {
  const url = address(form);
  const place = form.dataset["autosubmit"] ? document.querySelector(form.dataset["autosubmit"]) : null;
  if (!place) return void location.assign(url);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(place.id);
    if (!answer.ok || !fresh) return void location.assign(url);
    place.replaceWith(document.adoptNode(fresh));
    window.htmx.process(fresh);
    history.replaceState(null, "", url);
  } catch {
    location.assign(url);
  }
}

on("submit", "form[data-autosubmit]", (form, event) => {
  event.preventDefault();
  void update(form as HTMLFormElement);
});
on("change", "form[data-autosubmit]", (form, event) => {
  if (!(event.target as HTMLElement).matches("[type=search]")) void update(form as HTMLFormElement);
});
let pause = 0;
on("input", "form[data-autosubmit] [type=search]", (input) => {
  const form = (input as HTMLInputElement).form;
  window.clearTimeout(pause);
  if (form?.dataset["autosubmit"]) pause = window.setTimeout(() => void update(form), 350);
});
