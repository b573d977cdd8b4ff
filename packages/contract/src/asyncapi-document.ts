import { type Json, jsonSchemaOf, type Side } from './json-schema.js';
import type { Schema } from './schema.js';

/** What kind of thing a channel of the document stands for; part of its id. */
type Kind = 'procedure' | 'receiver' | 'clientProcedure' | 'clientReceiver' | 'channel';

interface Operation {
  readonly action: 'receive' | 'send';
  readonly messages: readonly Json[];
  /** What answers it. */
  readonly replies?: readonly Json[];
}

/** A document of AsyncAPI 3.0 while it is written. Ids in it are plain words, names are the contract's. */
export class AsyncApiDocument {
  readonly #warnings: string[] = [];
  readonly #channels = new Map<string, Json>();
  readonly #operations = new Map<string, Json>();
  readonly #schemas = new Map<string, Json>();

  addChannel(kind: Kind, name: string, params: readonly string[] = []): DocumentChannel {
    const id = freeId(`${kind}.${name}`, this.#channels);
    const channel = new DocumentChannel(id, name, params, this);
    this.#channels.set(id, channel.json);
    return channel;
  }

  addOperation(channel: DocumentChannel, { action, messages, replies }: Operation): void {
    this.#operations.set(freeId(`${action}.${channel.id}`, this.#operations), {
      action,
      channel: { $ref: channel.pointer },
      messages,
      ...(replies && { reply: { channel: { $ref: channel.pointer }, messages: replies } }),
    });
  }

  /** Puts a schema among those of the document. Returns the reference to it. */
  addSchema(name: string, schema: Schema, side: Side): Json {
    const id = freeId(name, this.#schemas);
    const pointer = `#/components/schemas/${id}`;
    this.#schemas.set(
      id,
      jsonSchemaOf(schema, side, pointer, (reason) => this.#warnings.push(`${name}: ${reason}`)),
    );
    return { $ref: pointer };
  }

  toJson({ title = 'Asyngular application', version = '1.0.0' }): Json {
    return {
      asyncapi: '3.0.0',
      info: { title, version },
      defaultContentType: 'application/json',
      channels: Object.fromEntries(this.#channels),
      operations: Object.fromEntries(this.#operations),
      components: { schemas: Object.fromEntries(this.#schemas) },
      ...(this.#warnings.length > 0 && { 'x-warnings': this.#warnings }),
    };
  }
}

/** A channel of the document, and the messages on it. */
class DocumentChannel {
  readonly id: string;
  readonly json: Json;
  readonly pointer: string;
  readonly #messages: Record<string, Json> = {};
  readonly #document: AsyncApiDocument;

  constructor(id: string, name: string, params: readonly string[], document: AsyncApiDocument) {
    this.id = id;
    this.#document = document;
    this.pointer = `#/channels/${id}`;
    this.json = {
      address: name,
      messages: this.#messages,
      ...(params.length > 0 && {
        parameters: Object.fromEntries(params.map((param) => [param, {}])),
      }),
    };
  }

  /** Returns the reference to it. Without a schema it has no payload. */
  addMessage(name: string, schema: Schema | undefined, side: Side, summary?: string): Json {
    return this.#add(
      name,
      summary,
      schema && this.#document.addSchema(`${this.id}.${name}`, schema, side),
    );
  }

  /** The same of an error, which is more than its data. */
  addError(name: string, schema: Schema, side: Side): Json {
    const data = this.#document.addSchema(`${this.id}.${name}`, schema, side);
    return this.#add(name, 'An error that the procedure declares', {
      type: 'object',
      properties: { name: { const: name }, message: { type: 'string' }, data },
      required: ['name', 'message'],
    });
  }

  #add(name: string, summary: string | undefined, payload: Json | undefined): Json {
    const id = freeId(name, new Map(Object.entries(this.#messages)));
    this.#messages[id] = { name, ...(summary && { summary }), ...(payload && { payload }) };
    return { $ref: `${this.pointer}/messages/${id}` };
  }
}

/** A word of letters, digits, `.`, `_` and `-` that is not taken yet. */
function freeId(name: string, taken: ReadonlyMap<string, unknown>): string {
  const word = name.replaceAll(/[^\w.-]+/g, '_');
  for (let number = 1; ; number++) {
    const id = number === 1 ? word : `${word}-${number}`;
    if (!taken.has(id)) return id;
  }
}
