import type { Overview, SessionInfo } from '../src/api/snapshots.js';
import { AnswerError, Api } from './api.js';
import type { App, View } from './app.js';
import { el } from './dom.js';
import { History } from './history.js';
import { Shell } from './shell.js';
import { BrokerView } from './views/broker.js';
import { ChannelSheet } from './views/channel-sheet.js';
import { LimitsView } from './views/limits.js';
import { ListView } from './views/list-view.js';
import { channelList, socketList } from './views/lists.js';
import { OverviewView } from './views/overview.js';
import { PublishView } from './views/publish.js';
import { SocketSheet } from './views/socket-sheet.js';

/** How often the server is asked, in ms. */
const PULL_MS = 2_000;

/** Something above a view. */
interface OpenSheet {
  update(): Promise<void>;
  close(): void;
}

/** The page: one view at a time, asked anew every two seconds while somebody can see it. */
class InspectorPage implements App {
  readonly api: Api;
  readonly session: SessionInfo;
  readonly history = new History();
  overview: Overview | undefined;
  readonly #shell: Shell;
  #view: View | undefined;
  #viewName = '';
  #sheet: OpenSheet | undefined;
  #isPaused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, session: SessionInfo) {
    this.api = api;
    this.session = session;
    this.#shell = new Shell({
      mayAct: this.mayAct,
      viewer: session.name,
      onServer: (id) => this.#look(id),
      onPause: (isPaused) => {
        this.#isPaused = isPaused;
        if (!isPaused) void this.#pull();
      },
    });
    addEventListener('hashchange', () => this.#route());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) void this.#pull();
    });
    this.#route();
    void this.#pull();
  }

  get mayAct(): boolean {
    return !this.session.readOnly;
  }

  notify(text: string, kind: 'good' | 'bad' = 'good'): void {
    this.#shell.notify(text, kind);
  }

  fail(error: unknown): void {
    this.notify(error instanceof Error ? error.message : String(error), 'bad');
  }

  go(path: string): void {
    location.hash = path;
  }

  /** Shows what the address names: `#/sockets`, `#/sockets/ID`, `#/publish/CHANNEL`. */
  #route(): void {
    const [name = 'overview', ...rest] = location.hash
      .replace(/^#\/?/, '')
      .split('/')
      .filter(Boolean);
    const argument = decode(rest.join('/'));
    const former = this.#sheet;
    this.#sheet = undefined;
    former?.close();
    if (this.#viewName !== name || name === 'publish') this.#show(name, argument);
    const isList = name === 'sockets' || name === 'channels';
    if (isList && argument !== '') this.#openSheet(name, argument);
    void this.#update();
  }

  #show(name: string, argument: string): void {
    this.#view?.close?.();
    this.#view = this.#createView(name, argument);
    this.#viewName = name;
    this.#shell.showPlace(name);
    this.#shell.main.replaceChildren(this.#view.element);
  }

  #createView(name: string, argument: string): View {
    switch (name) {
      case 'sockets':
        return new ListView(this, socketList, '');
      case 'channels':
        return new ListView(this, channelList, '');
      case 'limits':
        return new LimitsView(this);
      case 'broker':
        return new BrokerView(this);
      case 'publish':
        if (this.mayAct) return new PublishView(this, argument);
        break;
    }
    return new OverviewView(this);
  }

  #openSheet(name: 'sockets' | 'channels', argument: string): void {
    const Sheet = name === 'sockets' ? SocketSheet : ChannelSheet;
    const sheet = new Sheet(this, argument, () => {
      // Closed by hand, the address goes back to the list.
      if (this.#sheet !== sheet) return;
      this.#sheet = undefined;
      location.hash = `#/${name}`;
    });
    this.#sheet = sheet;
  }

  /** Looks at another server of the fleet. */
  #look(id: string): void {
    this.api.server = id;
    this.history.clear();
    this.#sheet?.close();
    this.#show(this.#viewName, '');
    void this.#pull();
  }

  async #pull(): Promise<void> {
    clearTimeout(this.#timer);
    if (document.hidden || this.#isPaused) return;
    const asked = this.api.server;
    try {
      const overview = await this.api.get<Overview>('overview');
      // Another one has been chosen meanwhile, and is asked.
      if (this.api.server !== asked) return;
      const { usedMs } = this.api;
      // From now on this one, though the next request may meet another process at the same port.
      this.api.server ??= overview.id;
      this.overview = overview;
      this.history.add(overview, Date.now());
      await this.#update();
      this.#shell.showOverview(overview, usedMs + (this.#isList ? this.api.usedMs : 0));
    } catch (error) {
      this.#onTrouble(error);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#pull(), PULL_MS);
  }

  get #isList(): boolean {
    return this.#viewName === 'sockets' || this.#viewName === 'channels';
  }

  async #update(): Promise<void> {
    const sheet = this.#sheet;
    try {
      await this.#view?.update();
      await sheet?.update();
    } catch (error) {
      if (!(error instanceof AnswerError) || sheet === undefined) throw error;
      // What it was about is gone.
      if (this.#sheet === sheet) sheet.close();
      this.fail(error);
    }
  }

  #onTrouble(error: unknown): void {
    if (error instanceof AnswerError && error.status === 410) {
      this.api.server = undefined;
      this.history.clear();
      this.notify(`${error.message}. Another one is shown.`, 'bad');
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    this.#shell.showTrouble(
      error instanceof AnswerError ? text : `The server cannot be reached (${text}). Trying again…`,
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function start(): Promise<void> {
  const api = new Api();
  try {
    new InspectorPage(api, await api.open());
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    document.body.replaceChildren(
      el('main', { class: 'failed' }, el('h1', {}, 'Nothing to show'), el('p', {}, text)),
    );
  }
}

void start();
