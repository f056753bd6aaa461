# ruby files/mask_test.rb
require 'minitest/autorun'
require_relative 'mask'

class MaskTest < Minitest::Test
  def test_card_numbers_keep_six_and_four
    assert_equal ['pan=411111******1111 ok', 1], Mask.text('pan=4111111111111111 ok')
    assert_equal ['411111******1111', 1], Mask.text('4111 1111 1111 1111')
    assert_equal ['550000******0004, 340000*****0009', 2], Mask.text('5500-0000-0000-0004, 340000000000009')
  end

  def test_other_numbers_stay
    ['4111111111111112', '20261121123456789012345', 'order 12345', '1700000000', ''].each do |text|
      assert_equal [text, 0], Mask.text(text)
    end
  end

  def test_records_are_masked_all_the_way_down
    record = { 'log' => 'x', 'a' => [{ 'card' => 4_111_111_111_111_111 }], 'CVV' => '123', '4111111111111111' => 1,
               'kubernetes' => { 'pod_name' => 'p' } }
    masked = Mask.record(record, ['cvv'])
    assert_equal({ 'log' => 'x', 'a' => [{ 'card' => '411111******1111' }], 'CVV' => '[masked]',
                   '411111******1111' => 1, 'kubernetes' => { 'pod_name' => 'p' }, 'masked_pans' => 2 }, masked)
  end

  def test_nests_and_broken_text_do_no_harm
    deep = 100.times.reduce('4111111111111111') { |inner, _| [inner] }
    refute_includes Mask.record({ 'a' => deep }, []).to_s, '4111'
    assert_equal 1, Mask.record({ 'a' => "\xff 4111111111111111" }, [])['masked_pans']
  end
end
