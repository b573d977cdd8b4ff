'use client';

import { consume } from '@asyngular/client';
import { useEffect, useState } from 'react';
import { socket } from './socket.js';

export function Greeting() {
  const [greeting, setGreeting] = useState('');
  const [news, setNews] = useState('');

  useEffect(() => {
    socket.invoke('greet', 'Next').then(setGreeting, (error) => setGreeting(error.message));
  }, []);

  // What `consume()` returns ends the loop, as React wants it of an effect.
  useEffect(() => consume(socket.subscribe('news'), setNews), []);

  return (
    <>
      <p>{greeting}</p>
      <p>{news}</p>
    </>
  );
}
