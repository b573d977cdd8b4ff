import { Greeting } from './greeting.jsx';

// Rendered on the server for each request.
export const dynamic = 'force-dynamic';

export default function Page() {
  return (
    <main>
      <h1>Asyngular and Next</h1>
      <Greeting />
    </main>
  );
}
