/** Names of an emitter's events; any string where none are declared. */
export type EventName<Events> = keyof Events & string;

/** What event `E` carries; `any` where no events are declared. */
export type EventData<Events, E> = E extends keyof Events ? Events[E] : any;

/** The data argument of `emit`: may be left out where the event carries `undefined` or anything. */
export type EmitArguments<Events, E> =
  undefined extends EventData<Events, E>
    ? [data?: EventData<Events, E>]
    : [data: EventData<Events, E>];
