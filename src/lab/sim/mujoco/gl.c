/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * EGL and OSMesa are opened when they are needed and their few functions and constants are declared
 * here, so that the library builds and runs without either. They are opened with their symbols global,
 * because MuJoCo finds its OpenGL functions through whichever of them the process holds; and they stay
 * open, because MuJoCo keeps those functions.
 *
 * Constants: EGL 1.5 specification (Khronos), EGL_MESA_platform_surfaceless, EGL_EXT_platform_device;
 * OSMesa: GL/osmesa.h of Mesa.
 */
#include "lab/sim/mujoco/gl.h"

#include <dlfcn.h>
#include <string.h>

#include "core/base/alloc.h"

enum {
    EGL_SURFACE_TYPE = 0x3033,
    EGL_PBUFFER_BIT = 0x0001,
    EGL_RENDERABLE_TYPE = 0x3040,
    EGL_OPENGL_BIT = 0x0008,
    EGL_DEPTH_SIZE = 0x3025,
    EGL_NONE = 0x3038,
    EGL_WIDTH = 0x3057,
    EGL_HEIGHT = 0x3056,
    EGL_OPENGL_API = 0x30A2,
    EGL_PLATFORM_DEVICE_EXT = 0x313F,
    EGL_PLATFORM_SURFACELESS_MESA = 0x31DD,
    DEVICES_MAX = 16,

    OSMESA_RGBA = 0x1908,
    GL_UNSIGNED_BYTE = 0x1401,
    OSMESA_SIDE = 16, /* MuJoCo draws into a buffer of its own, not into this one */
};

typedef void *(*egl_proc_fn)(const char *);
typedef void *(*egl_get_display_fn)(void *);
typedef void *(*egl_platform_display_fn)(unsigned, void *, const int32_t *);
typedef unsigned (*egl_query_devices_fn)(int32_t, void **, int32_t *);
typedef unsigned (*egl_initialize_fn)(void *, int32_t *, int32_t *);
typedef unsigned (*egl_terminate_fn)(void *);
typedef unsigned (*egl_bind_api_fn)(unsigned);
typedef unsigned (*egl_choose_config_fn)(void *, const int32_t *, void **, int32_t, int32_t *);
typedef void *(*egl_create_surface_fn)(void *, void *, const int32_t *);
typedef void *(*egl_create_context_fn)(void *, void *, void *, const int32_t *);
typedef unsigned (*egl_make_current_fn)(void *, void *, void *, void *);
typedef unsigned (*egl_destroy_fn)(void *, void *);
typedef void *(*osmesa_create_fn)(unsigned, int32_t, int32_t, int32_t, void *);
typedef unsigned char (*osmesa_make_current_fn)(void *, void *, unsigned, int32_t, int32_t);
typedef void (*osmesa_destroy_fn)(void *);

typedef struct egl_api {
    egl_proc_fn proc;
    egl_get_display_fn get_display;
    egl_initialize_fn initialize;
    egl_terminate_fn terminate;
    egl_bind_api_fn bind_api;
    egl_choose_config_fn choose_config;
    egl_create_surface_fn create_surface;
    egl_create_context_fn create_context;
    egl_make_current_fn make_current;
    egl_destroy_fn destroy_surface;
    egl_destroy_fn destroy_context;
} egl_api;

struct spoti_gl {
    const spot_allocator *allocator;
    spot_render_backend backend;
    egl_api egl;
    void *display;
    void *surface;
    void *context;
    osmesa_make_current_fn osmesa_make_current;
    osmesa_destroy_fn osmesa_destroy;
    unsigned char pixels[OSMESA_SIDE * OSMESA_SIDE * 4];
};

/* Puts the address of `name` into a function pointer: ISO C has no cast for it, POSIX this way. */
static bool find(void *library, const char *name, void *function)
{
    void *address = dlsym(library, name);
    memcpy(function, &address, sizeof(address));
    return address != NULL;
}

static bool load_egl(egl_api *egl)
{
    void *library = dlopen("libEGL.so.1", RTLD_NOW | RTLD_GLOBAL);
    return library != NULL && find(library, "eglGetProcAddress", &egl->proc) &&
           find(library, "eglGetDisplay", &egl->get_display) &&
           find(library, "eglInitialize", &egl->initialize) &&
           find(library, "eglTerminate", &egl->terminate) &&
           find(library, "eglBindAPI", &egl->bind_api) &&
           find(library, "eglChooseConfig", &egl->choose_config) &&
           find(library, "eglCreatePbufferSurface", &egl->create_surface) &&
           find(library, "eglCreateContext", &egl->create_context) &&
           find(library, "eglMakeCurrent", &egl->make_current) &&
           find(library, "eglDestroySurface", &egl->destroy_surface) &&
           find(library, "eglDestroyContext", &egl->destroy_context);
}

/* A context on `display`, made current. What was made of it is undone on failure. */
static bool start_egl(spoti_gl *gl, void *display)
{
    static const int32_t wanted[] = {EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE,
                                     EGL_OPENGL_BIT,   EGL_DEPTH_SIZE,  24,
                                     EGL_NONE};
    static const int32_t size[] = {EGL_WIDTH, OSMESA_SIDE, EGL_HEIGHT, OSMESA_SIDE, EGL_NONE};
    const egl_api *egl = &gl->egl;
    void *config = NULL;
    int32_t count = 0;

    if (display == NULL || egl->initialize(display, NULL, NULL) == 0) {
        return false;
    }
    gl->display = display;
    if (egl->bind_api(EGL_OPENGL_API) != 0 &&
        egl->choose_config(display, wanted, &config, 1, &count) != 0 && count == 1) {
        gl->surface = egl->create_surface(display, config, size);
        gl->context = egl->create_context(display, config, NULL, NULL);
    }
    if (gl->surface != NULL && gl->context != NULL &&
        egl->make_current(display, gl->surface, gl->surface, gl->context) != 0) {
        return true;
    }
    if (gl->context != NULL) {
        (void)egl->destroy_context(display, gl->context);
    }
    if (gl->surface != NULL) {
        (void)egl->destroy_surface(display, gl->surface);
    }
    (void)egl->terminate(display);
    gl->display = gl->surface = gl->context = NULL;
    return false;
}

/* GPUs first (EGL devices), then Mesa without a surface, then whatever is the default. */
static bool try_egl(spoti_gl *gl)
{
    egl_query_devices_fn query = NULL;
    egl_platform_display_fn platform = NULL;
    void *devices[DEVICES_MAX];
    int32_t count = 0;

    if (!load_egl(&gl->egl)) {
        return false;
    }
    gl->backend = SPOT_RENDER_EGL;
    void *address = gl->egl.proc("eglQueryDevicesEXT");
    memcpy(&query, &address, sizeof(address));
    address = gl->egl.proc("eglGetPlatformDisplayEXT");
    memcpy(&platform, &address, sizeof(address));
    if (platform != NULL && query != NULL && query(DEVICES_MAX, devices, &count) != 0) {
        for (int32_t i = 0; i < count; i++) {
            if (start_egl(gl, platform(EGL_PLATFORM_DEVICE_EXT, devices[i], NULL))) {
                return true;
            }
        }
    }
    return (platform != NULL &&
            start_egl(gl, platform(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL))) ||
           start_egl(gl, gl->egl.get_display(NULL));
}

static bool try_osmesa(spoti_gl *gl)
{
    static const char *const names[] = {"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"};
    osmesa_create_fn create = NULL;
    void *library = NULL;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && library == NULL; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
    }
    if (library == NULL || !find(library, "OSMesaCreateContextExt", &create) ||
        !find(library, "OSMesaMakeCurrent", &gl->osmesa_make_current) ||
        !find(library, "OSMesaDestroyContext", &gl->osmesa_destroy)) {
        return false;
    }
    gl->backend = SPOT_RENDER_OSMESA;
    gl->context = create(OSMESA_RGBA, 24, 8, 0, NULL);
    return gl->context != NULL && spoti_gl_use(gl);
}

spot_status spoti_gl_create(spot_render_backend backend, const spot_allocator *allocator,
                            spoti_gl **out, spot_diag *diag)
{
    *out = NULL;
    spoti_gl *gl = spoti_calloc(allocator, 1, sizeof(*gl));
    if (gl == NULL) {
        return SPOT_E_NOMEM;
    }
    gl->allocator = allocator;
    if ((backend != SPOT_RENDER_OSMESA && try_egl(gl)) ||
        (backend != SPOT_RENDER_EGL && try_osmesa(gl))) {
        *out = gl;
        return SPOT_OK;
    }
    spoti_gl_destroy(gl);
    return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                         "no off-screen OpenGL (EGL or OSMesa): install libosmesa6");
}

bool spoti_gl_use(spoti_gl *gl)
{
    if (gl->backend == SPOT_RENDER_EGL) {
        return gl->egl.make_current(gl->display, gl->surface, gl->surface, gl->context) != 0;
    }
    return gl->osmesa_make_current(gl->context, gl->pixels, GL_UNSIGNED_BYTE, OSMESA_SIDE,
                                   OSMESA_SIDE) != 0;
}

const char *spoti_gl_name(const spoti_gl *gl)
{
    return gl->backend == SPOT_RENDER_EGL ? "egl" : "osmesa";
}

void spoti_gl_destroy(spoti_gl *gl)
{
    if (gl == NULL) {
        return;
    }
    /* The display is not terminated: it is one per process, and others may use it. */
    if (gl->backend == SPOT_RENDER_EGL && gl->display != NULL) {
        (void)gl->egl.make_current(gl->display, NULL, NULL, NULL);
        (void)gl->egl.destroy_context(gl->display, gl->context);
        (void)gl->egl.destroy_surface(gl->display, gl->surface);
    } else if (gl->backend == SPOT_RENDER_OSMESA && gl->context != NULL) {
        gl->osmesa_destroy(gl->context);
    }
    spoti_free(gl->allocator, gl, sizeof(*gl));
}
