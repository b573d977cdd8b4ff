import { protocolEvents } from '@asyngular/protocol';
import {
  CANCEL_EXTENSION,
  parseBodyPart,
  parseCallReference,
  parseCredit,
  STREAM_EXTENSION,
} from '@asyngular/protocol/internal';
import type { Link } from '../connection/link.js';
import type { Serving } from './client-calls.js';
import type { Requests } from './requests.js';

/** Handles a packet about a call under way (P16); false for all others, and without the extension that it belongs to. */
export function handleCallControl(
  link: Link,
  serving: Serving,
  requests: Pick<Requests, 'producerOf'>,
  event: string,
  data: unknown,
): boolean {
  const { extensions } = link;
  const hasStreams = extensions.has(STREAM_EXTENSION);
  const call = parseCallReference(data);
  if (event === protocolEvents.cancel && (hasStreams || extensions.has(CANCEL_EXTENSION))) {
    if (call?.isSenders) {
      serving(link).withdraw(call.id);
    } else if (call) {
      requests.producerOf(call.id)?.cancel();
    }
    return true;
  }
  if (event === protocolEvents.credit && hasStreams) {
    const credit = parseCredit(data);
    if (credit) {
      const { id, isSenders, upTo } = credit;
      (isSenders ? serving(link).get(id) : requests.producerOf(id))?.grant(upTo);
    }
    return true;
  }
  if (event === protocolEvents.body && hasStreams) {
    const part = parseBodyPart(data);
    if (part) {
      serving(link).acceptBody(part);
    }
    return true;
  }
  return false;
}
