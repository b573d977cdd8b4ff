/** The author of a message. `id` is chosen at random at login, so two people cannot share one name by accident. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** What a browser publishes to a room. It never reaches other browsers: the server turns it into a `ChatMessage`. */
export interface Draft {
  readonly type: 'draft';
  /** A UUID chosen by the page. A draft sent again with the same one, because no answer came, is one message. */
  readonly id: string;
  readonly text: string;
}

/** What everybody in the room receives. The author and the time are written by the server. */
export interface ChatMessage {
  readonly type: 'message';
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly time: number;
}

export type RoomEvent = Draft | ChatMessage;

/** What everybody in a room sees of a person. The name is written by the server. */
export interface RoomMember {
  readonly name: string;
  readonly isTyping: boolean;
}

export interface RoomSummary {
  readonly name: string;
  readonly members: number;
  /** When the last message was said, by the server's clock; 0 when there is none. */
  readonly latest: number;
}

/**
 * Everything the page and the server say to each other, declared once.
 * `create<ChatApi>()` and `listen<ChatApi>()` infer every name and payload from it.
 */
export interface ChatApi {
  /** Calls the page makes and the server answers. */
  procedures: {
    login(data: { name: string }): User;
    rooms(): RoomSummary[];
  };
  channels: {
    /** The server keeps the last `HISTORY_LIMIT` messages of a room, and sends what somebody has missed. */
    [room: `room:${string}`]: RoomEvent;
    /** The list of rooms, published whenever it changes. */
    rooms: RoomSummary[];
  };
  /** Who is in a room. */
  presence: {
    [room: `room:${string}`]: RoomMember;
  };
  authToken: User;
}
