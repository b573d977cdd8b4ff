import { create } from '@asyngular/client';

export default {
  async fetch(_request: Request, env: { PORT: number }): Promise<Response> {
    const socket = create({ hostname: '127.0.0.1', port: env.PORT });
    const news = socket.subscribe('news');
    if (!news.isSubscribed()) await news.listener('subscribe').once(5_000);

    const greeting = await socket.invoke('greet', 'Ada');
    const next = news.once(5_000);
    socket.transmit('say', 'Ada is here');
    const answer = { greeting, news: await next };
    socket.disconnect();
    return Response.json(answer);
  },
};
