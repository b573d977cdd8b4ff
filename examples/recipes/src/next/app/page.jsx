import { Greeting } from './greeting.jsx';
import { News } from './news.jsx';

// Rendered on the server for each request.
export const dynamic = 'force-dynamic';

export default function Page() {
  return (
    <main>
      <h1>Asyngular and Next</h1>
      <Greeting />
      <News initial={['Rendered on the server']} />
    </main>
  );
}
