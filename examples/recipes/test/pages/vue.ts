import { create } from '@asyngular/client';
import { createApp, defineComponent, h, ref } from 'vue';
import { useRoom } from '../../src/stores/vue.js';

const socket = create({ hostname: 'localhost' });
const name = ref<string | null>('room:1');

const Room = defineComponent({
  props: { name: { type: String, required: true } },
  setup(props) {
    const { room, publish } = useRoom(socket, () => props.name);
    return () => [
      h('p', { 'data-status': room.value.status }, room.value.error?.message),
      h(
        'ul',
        room.value.messages.map(({ id, data, pending }) =>
          h('li', { key: id, class: { pending } }, data),
        ),
      ),
      h('button', { onClick: () => publish('mine') }, 'Send'),
    ];
  },
});

createApp({ render: () => (name.value ? h(Room, { name: name.value }) : null) }).mount('#root');
Object.assign(window, {
  show: (next: string | null) => {
    name.value = next;
  },
});
