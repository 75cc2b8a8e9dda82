using GenAgent.Hosting.Configuration;
using GenAgent.Running.Sharing;
using GenAgent.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace GenAgent.Server;

/// <summary>Sends spans and metrics to a collector by OpenTelemetry's protocol over HTTP, where the options name one.</summary>
internal static class TelemetryExport
{
    private static readonly string[] Sources = [AgentTelemetry.SourceName, ServerTelemetry.SourceName];

    private static readonly string[] Meters =
        [AgentTelemetry.SourceName, ServerTelemetry.SourceName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    /// <summary>Adds it.</summary>
    /// <exception cref="ArgumentException">The collector's address cannot be read.</exception>
    public static void AddTelemetryExport(this IServiceCollection services, ServerOptions options, IConfiguration configuration)
    {
        if (options.Telemetry is not { Length: > 0 } address) return;
        if (!Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out var collector) || collector.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException(
                $"{ServerOptions.SectionName}:{nameof(ServerOptions.Telemetry)}: \"{address}\" is no address: write http://HOST:4318.", nameof(options));
        }

        var headers = configuration[$"{Secrets.SectionName}:telemetry"];
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("genagent", serviceVersion: RunSharing.Version))
            .WithTracing(tracing => tracing
                .AddSource(Sources)
                .AddAspNetCoreInstrumentation(requests =>
                    requests.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
                .AddOtlpExporter(exporter => Set(exporter, "v1/traces")))
            .WithMetrics(metrics => metrics.AddMeter(Meters).AddOtlpExporter(exporter => Set(exporter, "v1/metrics")));

        void Set(OtlpExporterOptions exporter, string signal)
        {
            (exporter.Endpoint, exporter.Protocol) = (new Uri(collector, signal), OtlpExportProtocol.HttpProtobuf);
            if (headers is not null) exporter.Headers = headers;
        }
    }
}
