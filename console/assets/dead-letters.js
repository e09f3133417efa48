/** Script of the list of dead letters: says how many are selected. */

const all = document.querySelector("#all");
const picked = document.querySelector("#picked");
const boxes = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll('input[name="id"]')]);

function tell() {
  if (!(all instanceof HTMLInputElement) || !picked) return;
  for (const box of boxes) box.disabled = all.checked;
  const count = boxes.filter((box) => box.checked).length;
  picked.textContent = all.checked || count === 0 ? "" : `${count} selected`;
}

document.addEventListener("change", tell);
// A browser that goes back restores the ticks after the script ran.
addEventListener("pageshow", tell);
tell();
