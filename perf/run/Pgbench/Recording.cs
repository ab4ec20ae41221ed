namespace ScaleHub.Perf.Run.Pgbench;

/// <summary>A statement as a server gets it.</summary>
/// <param name="Sql">Its text, with <c>$1</c> and so on.</param>
/// <param name="Parameters">Their values; empty for a simple query.</param>
internal sealed record Statement(string Sql, IReadOnlyList<Parameter> Parameters);

/// <summary>A parameter's value.</summary>
/// <param name="Type">The type's identifier in <c>pg_type</c>.</param>
/// <param name="Text">As PostgreSQL reads it; null for NULL.</param>
internal sealed record Parameter(uint Type, string? Text);

/// <summary>What was sent for one request: each batch is a round trip.</summary>
internal sealed record Recording(IReadOnlyList<IReadOnlyList<Statement>> Batches);
