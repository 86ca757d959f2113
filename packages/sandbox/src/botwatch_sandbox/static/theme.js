// Light, dark, or as the system says. The module blocks rendering (see index.html), so that the
// page never flashes in the other theme.

const STORED = "botwatch-theme";
const CHOICES = ["system", "light", "dark"];

function stored() {
  try {
    const choice = localStorage.getItem(STORED);
    return CHOICES.includes(choice) ? choice : "system";
  } catch {
    return "system"; // storage may be forbidden
  }
}

function store(choice) {
  try {
    localStorage.setItem(STORED, choice);
  } catch {
    // It lasts until the page is left, then.
  }
}

function show(choice) {
  document.documentElement.dataset.theme = choice;
}

/** Makes `button` go through the choices. */
export function mountTheme(button) {
  let choice = stored();
  const name = () => {
    button.setAttribute("aria-label", `Theme: ${choice}. Change`);
    button.title = `Theme: ${choice}`;
  };
  button.addEventListener("click", () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    store(choice);
    show(choice);
    name();
  });
  name();
}

show(stored());
