/**
 * Members that only the sources of the browser file use among themselves. They are shortened in the file for
 * `<script>` tags; test/internal-members.test.ts proves that each of them means nothing else in there.
 */
export const internalMembers = [
  // all of them
  ...['lifecycle', 'authentication', 'outlet', 'changeOptions'],
  ...['parts', 'connection', 'requests', 'channelStreams', 'link'],
  // messages
  ...['sendMessage', 'onUnencodable', 'onUnwritten', 'callNow', 'flush', 'isOver', 'caller'],
  ...['onAttemptEnded', 'onBatchCancelled', 'prepareToSend', 'unwatch'],
  ...[
    'pressure',
    'isFull',
    'onWritten',
    'packet',
    'timer',
    'giveUp',
    'settle',
    'waits',
    'showPacket',
    'waitingCalls',
    'unsent',
    'admit',
    'stopTimer',
  ],
  ...['batcher', 'batchFor', 'intervalMs', 'isBuffering'],
  // calls with streams and bodies
  ...['acceptPart', 'acceptBody', 'wantsStream', 'isStream', 'isCancelled', 'isSenders', 'hasBody'],
  ...['isEnd', 'asks', 'onItem', 'onIdle', 'onStart', 'onCredit', 'onLeave', 'onHold'],
  ...['onRelease', 'whenWritable', 'startTimer', 'openTimeout', 'dueAt', 'restart', 'reader'],
  ...['producer', 'serving', 'served', 'openStream', 'withdraw', 'isInFlight', 'producerOf'],
  ...['finish', 'deadline', 'onEnd'],
  ...['endStream', 'grant', 'begin', 'isDue', 'respond', 'prepare', 'timeoutMs'],
  // channels
  ...['wanted', 'isPreparing', 'wireName', 'processPending', 'forget', 'wish'],
  ...['output', 'listeners'],
  ...['publisher', 'readHistory', 'onPosition', 'onConfirmed', 'beginning', 'moveTo', 'isKnown'],
  ...['repeats', 'publicationId', 'exceptsSelf', 'isByServer', 'isMoving', 'onJoined'],
  ...['onPublication', 'onKickOut', 'onInterruption', 'onConnectionOpen', 'onConnectionLost'],
  // presence
  ...['onSubscribe', 'onLeft', 'onNotice', 'nameOf', 'isWatching', 'watches', 'requested'],
  ...['onGivenUp', 'onUpdateRefused', 'isPartial'],
  ...['isEntering', 'isAsked', 'entering', 'onAccepted', 'onRefused', 'onRemoved', 'setCount'],
  // auth
  ...['credentials', 'loadStored', 'onVerdict', 'onSetAuthToken', 'onRemoveAuthToken'],
  ...['onStorageChange', 'onAuthStateChange'],
  ...['accepted', 'own', 'asked', 'stored', 'givenUp', 'doomed', 'busy'],
  // connection
  ...['reconnects', 'pendingTimeout', 'awaitReturn', 'onLinkOpen', 'onLinkMessage', 'onLinkEnd'],
  ...['hasGoneStale', 'expectPing', 'onHeartbeat', 'checkPath', 'unanswered'],
  ...['onWakeUp', 'onPageHide', 'attempts'],
  ...['onReconnect', 'isParting', 'isAwaiting', 'isOwn'],
  // streams
  ...['forEachConsumer', 'createIterator', 'attached', 'childWith', 'child', 'root', 'label'],
  ...['nextId', 'byId', 'lagging', 'callbacks', 'onAbort', 'resumeAt', 'passBy', 'deliver'],
  ...['onPacketIn', 'onPacketOut', 'onBacklogLeft', 'onBacklogGrown', 'onMoved'],
  ...['backlog', 'countOn', 'admits', 'kind', 'reader', 'consumers', 'reportError'],
  ...['announce', 'onUnheardEmit', 'writeToReceiver', 'writeToProcedure'],
  // elsewhere
  ...['window', 'report', 'closing', 'publisherName', 'promise', 'subscription'],
  ...['accept', 'receive', 'change', 'ready', 'answer', 'bytes', 'start', 'reset'],
];
