namespace GenAgent.Judging;

/// <summary>The result of a question: the parsed answer, or why there is none. Exactly one of the two is set.</summary>
internal readonly record struct JsonAnswer<T>(T? Value, string? Error)
    where T : class;
