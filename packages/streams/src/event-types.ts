/** Names an emitter accepts: the known ones, which editors suggest, and any other string. */
export type EventName<Events> = (keyof Events & string) | (string & {});

/** What event `E` carries; `any` for a name that is not declared. */
export type EventData<Events, E> = E extends keyof Events ? Events[E] : any;

/** The data argument of `emit`: may be left out where the event carries `undefined` or anything. */
export type EmitArguments<Events, E> =
  undefined extends EventData<Events, E>
    ? [data?: EventData<Events, E>]
    : [data: EventData<Events, E>];
