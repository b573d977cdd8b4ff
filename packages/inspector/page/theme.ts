import { el, icon } from './dom.js';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const KEY = 'asyngular-inspector-theme';
const labels: Record<Theme, string> = {
  auto: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

/** Called when colours have changed. */
const listeners = new Set<() => void>();

export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A button that goes through the themes, and remembers the last one. */
export function themeButton(): HTMLButtonElement {
  let theme = stored();
  const text = el('span');
  const button = el(
    'button',
    { type: 'button', class: 'theme' },
    icon('M10 3a7 7 0 1 0 0 14V3Zm0 0a7 7 0 0 1 0 14'),
    text,
  );
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const ofSystem = system.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme === 'auto' ? ofSystem : theme;
    text.textContent = labels[theme];
    button.setAttribute('aria-label', `Colours: ${labels[theme]}`);
    for (const listener of listeners) listener();
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length]!;
    store(theme);
    apply();
  });
  system.addEventListener('change', apply);
  apply();
  return button;
}

/** Storage may be forbidden. */
function stored(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
}

/** The value of a colour of the style sheet, for what is drawn by hand. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
