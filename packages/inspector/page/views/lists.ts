import type { ChannelRow, SocketRow } from '../../src/api/snapshots.js';
import { addressOf } from '../address.js';
import { age, bytes, compact, rate } from '../format.js';
import type { ListSettings } from './list-view.js';

export const socketList: ListSettings<SocketRow> = {
  view: 'sockets',
  title: 'Sockets',
  searchLabel: 'Search sockets by id, user or address',
  searchHint: 'Id, user, address, user:ann, channel:news',
  orders: [
    { value: 'newest', text: 'Newest first' },
    { value: 'oldest', text: 'Oldest first' },
    { value: 'buffered', text: 'Most unsent bytes' },
    { value: 'busiest', text: 'Most messages per second' },
    { value: 'received', text: 'Most messages received' },
    { value: 'sent', text: 'Most messages sent' },
    { value: 'channels', text: 'Most channels' },
    { value: 'dropped', text: 'Most dropped publications' },
  ],
  columns: [
    {
      title: 'Socket',
      kind: 'wide',
      text: ({ id }) => id,
      link: ({ id }) => addressOf('sockets', id),
      tone: () => 'mono',
    },
    {
      title: 'User',
      kind: 'medium',
      text: ({ user, isAuthenticated }) => user ?? (isAuthenticated ? 'has a token' : '–'),
      tone: ({ user }) => (user === undefined ? 'faint' : ''),
    },
    { title: 'Address', kind: 'medium', text: ({ address }) => address ?? '–', tone: () => 'mono' },
    { title: 'Open for', order: 'newest', text: ({ since }) => age(Date.now() - since) },
    {
      title: 'Channels',
      order: 'channels',
      kind: 'number',
      text: ({ channels }) => compact(channels),
    },
    {
      title: 'In / s',
      order: 'busiest',
      kind: 'number',
      text: ({ receivedRate }) => rate(receivedRate),
    },
    { title: 'Out / s', order: 'busiest', kind: 'number', text: ({ sentRate }) => rate(sentRate) },
    {
      title: 'Unsent',
      order: 'buffered',
      kind: 'number',
      text: ({ buffered }) => bytes(buffered),
      tone: ({ buffered }) => (buffered > 65_536 ? 'warn' : ''),
    },
    {
      title: 'Dropped',
      order: 'dropped',
      kind: 'number',
      text: ({ dropped }) => compact(dropped),
      tone: ({ dropped }) => (dropped > 0 ? 'warn' : ''),
    },
    {
      title: 'State',
      text: ({ state, isPaused }) => (isPaused ? 'held up' : state),
      tone: ({ state, isPaused }) => (isPaused ? 'warn' : state === 'open' ? '' : 'faint'),
    },
  ],
};

export const channelList: ListSettings<ChannelRow> = {
  view: 'channels',
  title: 'Channels',
  searchLabel: 'Search channels by name',
  searchHint: 'Part of a name',
  orders: [
    { value: 'sockets', text: 'Most subscribers' },
    { value: 'rate', text: 'Most publications per second' },
    { value: 'published', text: 'Most publications' },
  ],
  columns: [
    {
      title: 'Channel',
      kind: 'wide',
      text: ({ name }) => name,
      link: ({ name }) => addressOf('channels', name),
      tone: () => 'mono',
    },
    {
      title: 'Subscribers',
      order: 'sockets',
      kind: 'number',
      text: ({ sockets }) => compact(sockets),
    },
    { title: 'Published / s', order: 'rate', kind: 'number', text: (row) => rate(row.rate) },
    {
      title: 'Published here',
      order: 'published',
      kind: 'number',
      text: ({ published }) => compact(published),
    },
    {
      title: 'Kept',
      text: ({ hasHistory, hasPresence }) =>
        [hasHistory && 'history', hasPresence && 'presence'].filter(Boolean).join(', ') || '–',
    },
    { title: 'Application', text: ({ hasExchange }) => (hasExchange ? 'subscribed' : '–') },
  ],
};
