-- name: fill
-- $1 tenant, $2 open, $3 closed. Set-based: every column is a hash of the row's number.
INSERT INTO routing.followup (
    followup_id, tenant, feedback_id, version, state, team, department, owner, turn_place,
    turn_size, customer_id, segment, touchpoint, listening_post, occurred_at, received_at, text,
    language, scale, value, contact_name, category, severity, rule, reason, program_version,
    opened_at, due_at, changed_at, cause_what, cause_why, action_taken, resolved_at)
SELECT md5($1 || n)::uuid, $1, md5($1 || 'f' || n)::uuid, 1 + (d % 5)::int,
       CASE WHEN n > $2 THEN 'closed'
            ELSE (ARRAY['assigned', 'assigned', 'assigned', 'acknowledged', 'contacting',
                        'in_progress', 'waiting_customer', 'waiting_customer', 'reopened',
                        'new'])[1 + d % 10] END,
       'team-' || d / 7 % 40, 'department-' || d / 7 % 8,
       CASE WHEN d % 10 = 9 AND n <= $2 THEN NULL ELSE 'owner-' || d / 7 % 400 END, 1, 10,
       'C-' || lpad((n % 700000)::text, 7, '0'),
       (ARRAY['Gold', 'Silver', 'Basic', NULL])[1 + d / 11 % 4],
       (ARRAY['delivery', 'billing', 'shop', 'support', 'returns'])[1 + d / 13 % 5], 'survey',
       opened - interval '1 hour', opened,
       (ARRAY['The parcel came nine days late and nobody called me back about',
              'ເຄື່ອງມາຊ້າຫຼາຍມື້ ແລະ ບໍ່ມີໃຜໂທຫາຂ້ອຍເລີຍ',
              'พัสดุมาช้ามาก กล่องบุบ และไม่มีใครรับโทรศัพท์',
              '包裹晚到了九天,箱子也破了,客服一直没有回复',
              'Тапсырыс тоғыз күнге кешікті, ешкім хабарласпады',
              'El paquete llegó tarde y nadie me devolvió la llamada'])[1 + d / 17 % 6]
           || ' ' || (ARRAY['refund', 'invoice', 'courier', 'discount', 'warranty', 'kettle',
                            '退款', 'เงินคืน', 'ເງິນຄືນ', 'возврат'])[1 + d / 19 % 10]
           || ' ' || substr(md5('w' || n % 5000), 1, 6) || ' ' || repeat('and again it failed ', 3),
       (ARRAY['en', 'lo', 'th', 'zh', 'kk', 'es'])[1 + d / 17 % 6], 'nps', d % 7,
       'Customer ' || substr(md5('p' || n % 90000), 1, 7), 'detractor',
       (ARRAY['critical', 'high', 'high', 'medium', 'medium', 'low', 'low', 'low'])[1 + d / 23 % 8],
       'late-delivery', 'The customer says that the delivery was late', 1, opened,
       opened + make_interval(hours => (4 + d / 29 % 116)::int), opened,
       CASE WHEN n > $2 THEN 'late' END, CASE WHEN n > $2 THEN 'carrier' END,
       CASE WHEN n > $2 THEN 'Sent a new one.' END, CASE WHEN n > $2 THEN opened END
FROM (SELECT n, ('x' || substr(md5('d' || n), 1, 7))::bit(28)::int AS d,
             now() - make_interval(secs => CASE WHEN n <= $2 THEN n % 400000 ELSE 400000 + n * 10 END)
               AS opened
      FROM generate_series(1, $2::bigint + $3::bigint) AS n) AS numbered;
