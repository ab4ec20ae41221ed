-- Which client refreshed the session last (a keyed hash of address and user agent): for a few seconds the same client may send the
-- token before once more, as two tabs of a browser do.
alter table sessions add column refreshed_by bytea check (octet_length(refreshed_by) = 32);
