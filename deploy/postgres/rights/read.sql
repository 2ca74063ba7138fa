-- What the role of all services may do in the directory of keys: it reads. What it may write there beside that, stream
-- tickets, times of last use and the audit, `clearway migrate keys` lets it.
--   psql --dbname keys --set owner=keys --set role=keys_reader --file deploy/postgres/rights/read.sql
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE ON SCHEMA public TO :"role";
GRANT SELECT ON ALL TABLES IN SCHEMA public TO :"role";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT ON TABLES TO :"role";
