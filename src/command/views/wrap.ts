/** Breaks paragraphs between words so that lines fit into `width` columns. Lines that begin with a space stand as they are. */
export function wrapText(text: string, width: number): string {
  if (width <= 0) return text
  return text
    .split('\n')
    .map((line) => (line.startsWith(' ') || line.startsWith('\t') ? line : wrapLine(line, width)))
    .join('\n')
}

function wrapLine(line: string, width: number): string {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current === '') current = word
    else if (current.length + 1 + word.length <= width) current += ` ${word}`
    else {
      lines.push(current)
      current = word
    }
  }
  lines.push(current)
  return lines.join('\n')
}
