# Masks card numbers in records, before they leave the node: 13 to 19 digits that pass the check of Luhn keep their first
# six and last four (PCI DSS 4.0, 3.4.1). Values of secret fields go as a whole. Start at Mask.record.
module Mask
  # Digits with at most one space or dash between them, and no digit on either side.
  NUMBER = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/
  DEPTH = 16

  def self.luhn?(digits)
    sum = digits.reverse.each_char.with_index.sum do |c, i|
      n = c.to_i
      n *= 2 if i.odd?
      n > 9 ? n - 9 : n
    end
    (sum % 10).zero?
  end

  # The text with its card numbers masked, and how many there were.
  def self.text(text)
    return [text, 0] unless text.match?(/\d{4}/)
    count = 0
    masked = text.gsub(NUMBER) do |found|
      digits = found.delete(' -')
      next found unless luhn?(digits)
      count += 1
      "#{digits[0, 6]}#{'*' * (digits.length - 10)}#{digits[-4, 4]}"
    end
    [masked, count]
  end

  # Whatever is in a record, and how many card numbers there were. Too deep a nest is not looked into: it goes.
  def self.value(value, secret, depth = 0)
    return ['[too deep]', 0] if depth > DEPTH
    case value
    when String then text(value.scrub)
    when Integer
      masked, count = text(value.to_s)
      [count.zero? ? value : masked, count]
    when Array
      parts = value.map { |v| self.value(v, secret, depth + 1) }
      [parts.map(&:first), parts.sum(&:last)]
    when Hash
      total = 0
      masked = value.to_h do |key, inner|
        name, in_name = text(key.to_s)
        inner, in_value = secret.include?(key.to_s.downcase) ? ['[masked]', 0] : self.value(inner, secret, depth + 1)
        total += in_name + in_value
        [name, inner]
      end
      [masked, total]
    else [value, 0]
    end
  end

  # The record, masked; masked_pans says how many card numbers it had.
  def self.record(record, secret)
    kept = record['kubernetes']
    masked, count = value(record.reject { |key, _| key == 'kubernetes' }, secret)
    masked['kubernetes'] = kept if kept
    masked['masked_pans'] = count if count.positive?
    masked
  end
end
