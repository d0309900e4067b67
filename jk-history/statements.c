/* SPDX-License-Identifier: MIT */
#include "statements.h"

const char *const statement_texts[STATEMENTS] = {
	[STATEMENT_PACK] =
		"UPDATE pack SET label = ifnull(?2, label), model = ifnull(?3, model),"
		" firmware = ifnull(?4, firmware), cells = ifnull(?5, cells),"
		" first_seen = min(ifnull(first_seen, ?6), ?6), last_seen = max(ifnull(last_seen, ?7), ?7)"
		" WHERE id = ?1",
	[STATEMENT_BANK] = "UPDATE bank SET first_seen = min(ifnull(first_seen, ?2), ?2),"
			   " last_seen = max(ifnull(last_seen, ?3), ?3) WHERE id = ?1",
	[STATEMENT_CELLS] =
		"INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[STATEMENT_ALARM] = "INSERT INTO alarm (pack, raised, key, cleared, severity, text)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
			    " ON CONFLICT DO UPDATE SET cleared = ifnull(excluded.cleared, cleared),"
			    " severity = excluded.severity, text = excluded.text",
	/* Counters of a day only grow; a piece of the day has less. */
	[STATEMENT_ENERGY] =
		"INSERT INTO energy_day VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET"
		" charged_wh = max(charged_wh, excluded.charged_wh),"
		" discharged_wh = max(discharged_wh, excluded.discharged_wh),"
		" charged_ah = max(charged_ah, excluded.charged_ah),"
		" discharged_ah = max(discharged_ah, excluded.discharged_ah)",
	/* The longest part of the day. */
	[STATEMENT_BALANCE] =
		"INSERT OR REPLACE INTO balance_day SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14 WHERE NOT EXISTS (SELECT 1 FROM balance_day WHERE day = ?1 AND pack = ?2 AND"
		" rest_minutes + charging_minutes + discharging_minutes > ?3 + ?4 + ?5)",
	[STATEMENT_SCORE] =
		"INSERT INTO score_day VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET"
		" worst_at = iif(excluded.worst < worst, excluded.worst_at, worst_at),"
		" reason = iif(excluded.worst < worst, excluded.reason, reason),"
		" worst = min(worst, excluded.worst), incidents = max(incidents, excluded.incidents)",
	/* A value that was the same before is no change. */
	[STATEMENT_SETTING] = "INSERT OR IGNORE INTO setting (pack, key, time, old, new)"
			      " SELECT ?1, ?2, ?3, b.new, ?4 FROM (SELECT 1) LEFT JOIN"
			      " (SELECT new FROM setting WHERE pack = ?1 AND key = ?2 AND time <= ?3"
			      " ORDER BY time DESC LIMIT 1) b WHERE b.new IS NOT ?4",
	[STATEMENT_SETTING_NEXT] =
		"UPDATE setting SET old = ?4 WHERE pack = ?1 AND key = ?2 AND time ="
		" (SELECT min(time) FROM setting WHERE pack = ?1 AND key = ?2 AND time > ?3) AND EXISTS"
		" (SELECT 1 FROM setting WHERE pack = ?1 AND key = ?2 AND time = ?3 AND new = ?4)",
	[STATEMENT_SETTING_SAME] =
		"DELETE FROM setting WHERE pack = ?1 AND key = ?2 AND time > ?3 AND old = new",
	[STATEMENT_COMMAND] = "UPDATE setting SET command = ?3 WHERE pack = ?1 AND key = ?2 AND time ="
			      " (SELECT max(time) FROM setting WHERE pack = ?1 AND key = ?2"
			      " AND time BETWEEN ?4 AND ?5) AND old IS NOT NULL",
};
