// For packages that check options: this library's, and brokers of your own.
export {
  type CheckedOptions,
  checkOptions,
  type FilledInOptions,
  type OptionsErrorClass,
  type OptionTable,
} from './check-options.js';
export { nearestName } from './nearest-name.js';
export {
  anyOf,
  anything,
  check,
  count,
  describeValue,
  flag,
  func,
  listOf,
  milliseconds,
  number,
  type OptionCheck,
  object,
  oneOf,
  type Range,
  text,
  withMethods,
} from './option-checks.js';
