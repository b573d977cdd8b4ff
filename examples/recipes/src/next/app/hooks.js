'use client';

import { createHooks } from '@asyngular/react';

export const { SocketProvider, useMessages } = createHooks();
