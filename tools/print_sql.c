/* Prints every SQL statement of the programs, one line each: name, a tab, text. tools/check-sql
 * prepares them on PostgreSQL. It only lists the tables; each belongs to its domain. */
#include "audit/audit.h"
#include "knowledge/halls.h"
#include "qa/qa.h"
#include "store/store.h"

#include <stdio.h>

static void print_table(const struct xz_sql *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        printf("%s\t", rows[i].name);
        for (const char *at = rows[i].text; *at; at++)
            putchar(*at == '\n' || *at == '\t' ? ' ' : *at);
        putchar('\n');
    }
}

int main(void)
{
    print_table(xz_store_sql, xz_store_sql_count);
    print_table(xz_audit_sql, xz_audit_sql_count);
    print_table(xz_knowledge_sql, xz_knowledge_sql_count);
    print_table(xz_knowledge_clause_sql, xz_knowledge_clause_sql_count);
    print_table(xz_knowledge_halls_sql, xz_knowledge_halls_sql_count);
    print_table(xz_qa_sql, xz_qa_sql_count);
    print_table(xz_qa_rights_sql, xz_qa_rights_sql_count);
    return 0;
}
