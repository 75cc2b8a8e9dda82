using System.Text.Json;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Reports;

/// <summary>A report as JSON (docs/schemas/eval.schema.json): snake_case names, its schema first.</summary>
public static class ReportJson
{
    /// <summary>The schema's name and version. Members are only ever added under a version.</summary>
    public const string Schema = "genagent.eval/1";

    private static readonly JsonSerializerOptions Options = new(SnakeCaseJson.Options) { WriteIndented = true };

    /// <summary>Writes the report.</summary>
    /// <param name="report">The figures.</param>
    /// <returns>JSON, indented.</returns>
    public static string Write(EvaluationReport report) => JsonSerializer.Serialize(new { schema = Schema, report }, Options);
}
