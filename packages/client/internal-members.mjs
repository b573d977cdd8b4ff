/**
 * Members that only the parts of a client socket use among themselves. They are shortened in the file for
 * `<script>` tags; test/internal-members.test.ts proves that each of them means nothing else in its sources.
 */
export const internalMembers = [
  // all of them
  ...['lifecycle', 'authentication', 'outlet', 'changeOptions'],
  // messages
  ...['sendMessage', 'onUnencodable', 'onUnwritten', 'callNow', 'flush', 'isOver', 'caller'],
  ...['onAttemptEnded', 'onBatchCancelled', 'prepareToSend', 'unwatch'],
  ...['pressure', 'isFull', 'onWritten'],
  // channels
  ...['wanted', 'isPreparing', 'wireName', 'processPending', 'forget', 'wish'],
  ...['onPublication', 'onKickOut', 'onInterruption', 'onConnectionOpen', 'onConnectionLost'],
  // auth
  ...['credentials', 'loadStored', 'onVerdict', 'onSetAuthToken', 'onRemoveAuthToken'],
  ...['onStorageChange', 'onAuthStateChange'],
  // connection
  ...['reconnects', 'pendingTimeout', 'awaitReturn', 'onLinkOpen', 'onLinkMessage', 'onLinkEnd'],
  ...['hasGoneStale', 'expectPing', 'onHeartbeat', 'checkPath', 'unanswered', 'enter'],
  ...['onWakeUp', 'onPageHide'],
];
