using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GenAgent.Evaluation.Reports;

/// <summary>A report as JSON (docs/schemas/eval-report.schema.json): snake_case names, its schema first.</summary>
public static class ReportJson
{
    /// <summary>The schema's name and version. Members are only ever added under a version.</summary>
    public const string Schema = "genagent.eval_report/1";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    /// <summary>Writes the report.</summary>
    public static string Write(EvaluationReport report) => JsonSerializer.Serialize(new { schema = Schema, report }, Options);
}
