using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;

namespace GenAgent.Server.Http;

/// <summary>The web page: files in this assembly. An address of the page's own that is no file is <c>index.html</c>, so that links into it work.</summary>
internal static class Page
{
    private const string Prefix = "wwwroot/";
    private const string Index = "index.html";

    private static readonly FileExtensionContentTypeProvider Types = new();
    private static readonly Dictionary<string, byte[]> Files = Load();

    // What is not of the page. A client that mistypes an address of an API is told so, and not given a page.
    private static readonly string[] Others = ["/api", "/v1", "/sdapi", "/internal", "/mcp", "/openapi", "/health", "/rollout", "/proxy"];

    public static bool IsOf(PathString path) => !Others.Any(other => path.StartsWithSegments(other, StringComparison.OrdinalIgnoreCase));

    public static void Map(IEndpointRouteBuilder routes) => routes.MapFallback("{*path}", AnswerAsync).ExcludeFromDescription();

    private static async Task AnswerAsync(HttpContext context)
    {
        if (!IsOf(context.Request.Path) || !(HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
        {
            await Problems.WriteAsync(context, 404, "There is nothing at this address.");
            return;
        }

        var name = context.Request.Path.Value!.TrimStart('/');
        var isFile = Files.TryGetValue(name, out var content);
        if (!isFile && (Path.HasExtension(name) || !Files.TryGetValue(Index, out content)))
        {
            await Problems.WriteAsync(context, 404, "There is nothing at this address.");
            return;
        }

        context.Response.ContentType = Types.TryGetContentType(isFile ? name : Index, out var type) ? type : "application/octet-stream";

        // Vite puts a file's hash into its name; the page itself is asked for each time.
        context.Response.Headers.CacheControl = isFile
            && name.StartsWith("assets/", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
        context.Response.ContentLength = content!.Length;
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private static Dictionary<string, byte[]> Load()
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            files[name[Prefix.Length..].Replace('\\', '/')] = bytes.ToArray();
        }

        return files;
    }
}
