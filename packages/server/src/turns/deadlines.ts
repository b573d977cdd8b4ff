import { DeadlineTimer } from '@asyngular/protocol/internal';

/**
 * The deadlines of all servers in this process. Each of them waits for a socket or for what comes from one,
 * so none keeps alive a process whose sockets are gone.
 */
export const deadlines: DeadlineTimer = new DeadlineTimer({ unref: true });
