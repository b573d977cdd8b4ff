import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useState, version } from 'react';
import { createRoot } from 'react-dom/client';
import { SocketProvider, socket } from './hooks.js';
import { views } from './views.js';

const queryClient = new QueryClient();

function App() {
  const [name, setName] = useState('nothing');
  Object.assign(window, { show: setName });
  const View = views[name]!;
  return <View key={name} />;
}

Object.assign(window, { socket, reactVersion: version });
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SocketProvider socket={socket}>
        <App />
      </SocketProvider>
    </QueryClientProvider>
  </StrictMode>,
);
