import { el } from './dom.js';

/** JSON Schema, as far as fields are made of it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What was typed is not what the schema asks for. */
export class InputError extends Error {}

/** A part of a form, and the value that it has. */
export interface Field {
  readonly element: HTMLElement;
  /** `undefined`: left out. Throws `InputError`. */
  read(): unknown;
}

let lastId = 0;

/**
 * Fields for what a schema describes: texts, numbers, switches, choices and objects of these. What is more than that is
 * typed as JSON. The server checks everything in any case.
 */
export function fieldOf(label: string, schema: Schema, isRequired = true): Field {
  const name = `${label}${isRequired ? '' : ' (may be left out)'}`;
  const choices = choicesOf(schema);
  if (choices !== undefined) return choiceField(name, choices, isRequired);
  switch (schema.type) {
    case 'string':
      return textField(name, schema, isRequired);
    case 'number':
    case 'integer':
      return numberField(name, schema, isRequired);
    case 'boolean':
      return switchField(name);
    case 'object':
      if (isRecord(schema.properties)) return objectField(name, schema, isRequired);
      return jsonField(name, isRequired);
    default:
      return jsonField(name, isRequired);
  }
}

/** Any value, typed as JSON. */
export function jsonField(label: string, isRequired = true, value = ''): Field {
  const area = el('textarea', { id: nextId(), rows: 5, spellcheck: 'false', class: 'mono' });
  area.value = value;
  return {
    element: labelled(`${label}, as JSON`, area),
    read() {
      const text = area.value.trim();
      if (text === '' && !isRequired) return undefined;
      try {
        return JSON.parse(text);
      } catch (error) {
        area.focus();
        throw new InputError(`${label} is not JSON: ${(error as Error).message}`);
      }
    },
  };
}

function textField(label: string, schema: Schema, isRequired: boolean): Field {
  const input = el('input', { type: 'text', id: nextId(), maxlength: numberIn(schema.maxLength) });
  const hint = typeof schema.format === 'string' ? ` (${schema.format})` : '';
  return {
    element: labelled(`${label}${hint}`, input),
    read: () => (input.value === '' && !isRequired ? undefined : input.value),
  };
}

function numberField(label: string, schema: Schema, isRequired: boolean): Field {
  const input = el('input', {
    type: 'number',
    id: nextId(),
    step: schema.type === 'integer' ? 1 : 'any',
    min: numberIn(schema.minimum),
    max: numberIn(schema.maximum),
  });
  return {
    element: labelled(label, input),
    read() {
      if (input.value === '' && !isRequired) return undefined;
      if (input.value !== '' && Number.isFinite(input.valueAsNumber)) return input.valueAsNumber;
      input.focus();
      throw new InputError(`${label} must be a number`);
    },
  };
}

function switchField(label: string): Field {
  const input = el('input', { type: 'checkbox', id: nextId() });
  const element = el(
    'div',
    { class: 'field switch' },
    input,
    el('label', { for: input.id }, label),
  );
  return { element, read: () => input.checked };
}

function choiceField(label: string, choices: readonly unknown[], isRequired: boolean): Field {
  const options = choices.map((choice, place) => el('option', { value: place }, String(choice)));
  const nothing = isRequired ? undefined : el('option', { value: '' }, '–');
  const select = el('select', { id: nextId() }, nothing, ...options);
  return {
    element: labelled(label, select),
    read: () => (select.value === '' ? undefined : choices[Number(select.value)]),
  };
}

function objectField(label: string, schema: Schema, isRequired: boolean): Field {
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = Object.entries(schema.properties as Record<string, Schema>);
  const fields = properties.map(
    ([name, property]) => [name, fieldOf(name, property ?? {}, required.has(name))] as const,
  );
  return {
    element: el(
      'fieldset',
      {},
      el('legend', {}, label),
      ...fields.map(([, { element }]) => element),
    ),
    read() {
      const entries = fields.map(([name, field]) => [name, field.read()] as const);
      const given = entries.filter(([, value]) => value !== undefined);
      if (given.length === 0 && !isRequired) return undefined;
      return Object.fromEntries(given);
    },
  };
}

/** The values of a choice, if the schema is one: an enumeration, a constant, or several of these. */
function choicesOf({ enum: values, const: value, anyOf }: Schema): readonly unknown[] | undefined {
  if (Array.isArray(values)) return values;
  if (value !== undefined) return [value];
  if (!Array.isArray(anyOf) || anyOf.length === 0) return undefined;
  const constants = anyOf.map((part) => (isRecord(part) ? part.const : undefined));
  return constants.every((part) => part !== undefined) ? constants : undefined;
}

function labelled(label: string, input: HTMLElement): HTMLElement {
  return el('div', { class: 'field' }, el('label', { for: input.id }, label), input);
}

function nextId(): string {
  return `field-${++lastId}`;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
