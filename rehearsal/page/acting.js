// From an element to the bot: the confirm dialog first, then the gesture, then what came of it.

import { h, newId, toast } from "./dom.js";
import { textObject } from "./mrkdwn.js";
import { post } from "./store.js";
import { asUser } from "./ui.js";

const TROUBLE = "Slack would say now: we had some trouble connecting. The event log has the details.";

/** Press a button or choose in a menu. `control` is shown as busy meanwhile. */
export async function act(gesture, context, block, element, more, control) {
  if (element.confirm && !(await confirmed(element.confirm))) return false;
  control?.setAttribute("aria-busy", "true");
  try {
    const done = await post(gesture, asUser({
      ...context.where,
      block_id: block.block_id,
      action_id: element.action_id,
      values: context.fields.values(),
      ...more,
    }));
    if (done.error) toast(TROUBLE);
    return !done.error;
  } catch (error) {
    toast(error.message);
    return false;
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

/** Ask as Slack asks; resolves to whether it was confirmed. */
function confirmed(confirm) {
  return new Promise((resolve) => {
    const title = newId("confirm");
    const dialog = h("dialog", { class: "confirm", "aria-labelledby": title },
      h("h2", { id: title }, textObject(confirm.title)),
      h("p", {}, textObject(confirm.text)),
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.close("no") }, textObject(confirm.deny)),
        h("button", { type: "button", class: confirm.style === "danger" ? "danger" : "primary", onclick: () => dialog.close("yes") }, textObject(confirm.confirm)),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
