declare module '*.json?crew' {
  const words: Record<string, string>;
  export default words;
}
