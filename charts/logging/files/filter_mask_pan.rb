# The filter @type mask_pan of Fluentd: Mask for each record, and a metric for each namespace that logs card numbers.
require 'fluent/plugin/filter'
require_relative 'mask'

module Fluent
  module Plugin
    class MaskPanFilter < Filter
      Fluent::Plugin.register_filter('mask_pan', self)

      desc 'Names of fields whose value goes as a whole'
      config_param :secret_fields, :array, value_type: :string, default: []

      def configure(conf)
        super
        @secret = secret_fields.map(&:downcase)
      end

      def filter(_tag, _time, record)
        Mask.record(record, @secret)
      rescue StandardError => e
        # What cannot be masked must not leave.
        log.error('a record was dropped', error: e.class)
        nil
      end
    end
  end
end
