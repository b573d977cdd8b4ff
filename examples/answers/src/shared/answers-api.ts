/** What page and server say to each other. */
export interface AnswersApi {
  procedures: {
    /** Words with the spaces after them, as they occur to the one who answers. */
    answer(question: Question): AsyncIterable<string>;
  };
}

export interface Question {
  text: string;
  /** How many words the page has already: an answer goes on there after a lost connection. */
  from: number;
}
